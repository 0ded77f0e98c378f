"""The one HTTP server: bounds every request, says whether we live and receive, serves what others mount on it."""
