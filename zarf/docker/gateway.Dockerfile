# nginx with the routes of zarf/gateway, as compose uses it. Kubernetes has its own door (zarf/k8s/components/gateway).
ARG DEBIAN_IMAGE=docker.io/library/debian:bookworm-slim

FROM ${DEBIAN_IMAGE}
ARG VERSION
ARG REVISION=unknown
ARG SOURCE=https://example.com/marquee
LABEL org.opencontainers.image.title="marquee/gateway" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
# The versions are those of Debian's stable release, which mends them without changing them.
# hadolint ignore=DL3008
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends nginx-light libnginx-mod-http-headers-more-filter curl \
    && rm -rf /var/lib/apt/lists/*
COPY zarf/gateway /srv/gateway
COPY zarf/openapi /srv/openapi
USER 10001:10001
EXPOSE 8080
# What is in flight is answered; what never ends, is ended after 20 s.
STOPSIGNAL SIGQUIT
# What it writes is below /srv/gateway/run, which is to be a tmpfs of user 10001.
ENTRYPOINT ["nginx", "-p", "/srv/gateway", "-c", "nginx.conf", "-g", "daemon off; worker_shutdown_timeout 20s;"]
