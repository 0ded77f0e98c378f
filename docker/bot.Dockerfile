# The bot: channels, conversations, database, web server. No torch; replies are written by workers.
#   docker build -f docker/bot.Dockerfile -t palaver-bot .
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY connectors connectors
COPY migrations migrations
COPY nlg nlg
RUN pip install -c constraints.txt '.[telegram,slack,admin,tracing]' && rm -rf /src/*

RUN useradd --system --create-home --home-dir /home/palaver --uid 10001 palaver
USER palaver
WORKDIR /home/palaver
RUN mkdir data

# Inside a container the port is only reached through what the owner publishes.
ENV PALAVER_HTTP_HOST=0.0.0.0 PALAVER_HTTP_PORT=8080 PALAVER_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/healthz' % os.environ['PALAVER_HTTP_PORT'], timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["palaver", "run"]
