"""Who may use the admin pages, kept in the database: users, sessions, invitations, wrong passwords, the audit log."""
