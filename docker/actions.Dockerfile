# The custom action server for Rasa: rasa-sdk with our actions. It asks the bot, so it needs neither database nor model.
#   docker build -f docker/actions.Dockerfile -t palaver-actions .
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY connectors connectors
COPY migrations migrations
COPY nlg nlg
# Without constraints.txt: rasa-sdk pins other versions of some packages, which is why it has an image of its own.
RUN pip install '.[rasa]' && rm -rf /src/*

RUN useradd --system --create-home --home-dir /home/palaver --uid 10001 palaver
USER palaver
WORKDIR /home/palaver

ENV PALAVER_ACTIONS_HOST=0.0.0.0 PALAVER_ACTIONS_PORT=5055 PALAVER_LOG_FORMAT=json
EXPOSE 5055
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/health' % os.environ['PALAVER_ACTIONS_PORT'], timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["palaver", "actions"]
