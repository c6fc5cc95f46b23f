# mugaika in one image: the same setup script as on a bare Debian 12.
FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/mugaika
COPY . .
RUN ./scripts/setup.sh requirements.lock && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/mugaika --create-home mugaika
USER mugaika
ENV MUGAIKA_DATA_DIR=/var/lib/mugaika/data
# The container runtime must allow seccomp filters and Landlock to be set from inside
# (the default profiles of current runtimes do); `mugaika doctor` tells.
ENTRYPOINT ["/opt/mugaika/.venv/bin/mugaika"]
CMD ["serve"]
