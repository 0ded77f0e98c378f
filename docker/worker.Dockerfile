# A worker: takes prompts from the broker, writes replies with a model. Needs neither the database nor a platform's token.
#   docker build -f docker/worker.Dockerfile -t palaver-worker .                                        for NVIDIA GPUs
#   docker build -f docker/worker.Dockerfile --build-arg BASE=ubuntu:24.04 --build-arg TORCH=cpu .      without
#
# torch's wheels bring the CUDA libraries they were built with, so the base needs only what the driver asks for.
ARG BASE=nvidia/cuda:13.0.1-base-ubuntu24.04
FROM ${BASE}

ARG TORCH=cuda
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 PATH=/opt/palaver/bin:$PATH
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* && python3 -m venv /opt/palaver
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
# torch first: it is the biggest part and changes least. Its CPU build comes from PyTorch's own index.
RUN index=$([ "$TORCH" = cpu ] && echo '--index-url https://download.pytorch.org/whl/cpu --no-deps' || true) \
    && pip install -c constraints.txt $index torch
COPY bot bot
COPY connectors connectors
COPY migrations migrations
COPY nlg nlg
RUN pip install -c constraints.txt '.[nlg]' && rm -rf /src/*

RUN useradd --system --create-home --home-dir /home/palaver --uid 10001 palaver
USER palaver
WORKDIR /home/palaver

ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
# The file is there and fresh while prompts are taken: the model is warm and the broker in reach.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["sh", "-c", "test -n \"$(find /tmp/palaver-ready -mmin -0.5 2>/dev/null)\""]
STOPSIGNAL SIGTERM
CMD ["palaver", "worker", "--ready-file", "/tmp/palaver-ready"]
