# One image for the API, the workers and the simulator: the command decides which.
#   docker build -t aigcq .
#   docker run --rm -p 127.0.0.1:8000:8000 -e REDIS_URL=redis://… aigcq
FROM python:3.11-slim-bookworm AS builder

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv

# The pinned libraries first: this layer is built anew only when a pin changes.
COPY requirements.txt /src/
RUN /opt/venv/bin/pip install --requirement /src/requirements.txt

COPY pyproject.toml README.md LICENSE /src/
COPY aigcq /src/aigcq
RUN /opt/venv/bin/pip install --no-deps /src \
    && /opt/venv/bin/pip uninstall --yes pip


FROM python:3.11-slim-bookworm

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1

# A fixed number, so that volumes and security policies can name the user.
RUN groupadd --gid 10001 aigcq \
    && useradd --uid 10001 --gid aigcq --no-create-home --shell /usr/sbin/nologin aigcq

# What is mounted here for the first time belongs to that user.
RUN install -d -o aigcq -g aigcq /var/lib/aigcq/videos

COPY --from=builder /opt/venv /opt/venv
WORKDIR /app
COPY app.py worker.py config.py test_queue.py ./

USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

# The API of this container. A worker is asked with `aigcq health --worker` (docker-compose.yml).
# With --url, because AIGCQ_PUBLIC_URL may lead through a gateway.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["aigcq", "health", "--url", "http://127.0.0.1:8000"]

# A client that holds a connection open keeps the server from stopping only for so long; BoundedHead answers 431
# to headers without end, which uvicorn itself would keep.
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--timeout-graceful-shutdown", "10", "--http", "aigcq.api.protocol:BoundedHead"]
