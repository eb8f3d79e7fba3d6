# The image of every role of views-stats; "With Compose" in docs/operating.md says how it is run.
#
# BASE is any image with Python 3.11 or later and its module venv. Where Python's packages come from elsewhere, the secret
# `packages` says so, in variables of pip and of uv, and stays out of the image:
#
#   docker build --secret id=packages,src=FILE .    FILE: PIP_INDEX_URL=…, UV_DEFAULT_INDEX=…, a line each
ARG BASE=docker.io/library/python:3.11-slim-bookworm

FROM ${BASE} AS installed
WORKDIR /opt/views-stats
COPY .ci/install .ci/install
COPY requirements.txt .
# The installers have no work later on.
RUN --mount=type=secret,id=packages \
    set -a && if [ -e /run/secrets/packages ]; then . /run/secrets/packages; fi && set +a && \
    .ci/install requirements.txt && \
    .venv/bin/uv pip uninstall --quiet --python .venv/bin/python pip uv
COPY scrapy.cfg .
COPY control control
COPY crawler crawler
# Nothing can be compiled later on, where the root file system is read-only; whoever builds may have a strict umask.
RUN .venv/bin/python -m compileall -q --invalidation-mode unchecked-hash control crawler && \
    chmod -R a+rX . && \
    install -d -o 10001 -g 10001 -m 700 var

FROM ${BASE}
# What scrapyd-k8s asks of an image: https://github.com/q-m/scrapyd-k8s
LABEL org.scrapy.project=default org.scrapy.spiders=vk_views
COPY --from=installed /opt/views-stats /opt/views-stats
WORKDIR /opt/views-stats
ENV PATH=/opt/views-stats/.venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0
USER 10001:10001
VOLUME /opt/views-stats/var
EXPOSE 8000 6800
HEALTHCHECK --interval=10s --start-period=5m --timeout=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=5)"]
CMD ["python", "-m", "control.serve"]
