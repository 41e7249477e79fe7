# The command line in a container: `docker build -t smlineage .`, then docs/container.md.
# Its user is no administrator. It writes to /data, and to /tmp where `restore` and `upload --gzip` keep what they have in hand.
ARG NODE=24

FROM node:${NODE}-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN node scripts/build.mjs && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:${NODE}-slim
ENV NODE_ENV=production
WORKDIR /opt/smlineage
COPY LICENSE package.json ./
COPY bin bin
COPY gremlin-server gremlin-server
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
RUN mkdir /data && chown 1000:1000 /data
# By number, so that Kubernetes can tell that it is not root. The image of Node has this user.
USER 1000:1000
WORKDIR /data
ENTRYPOINT ["node", "/opt/smlineage/bin/smlineage.mjs"]
CMD ["--help"]
