# syntax=docker/dockerfile:1
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY LICENSE ./
COPY bin bin
COPY script/build.ts script/
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
LABEL org.opencontainers.image.title="godwit" \
  org.opencontainers.image.source="https://github.com/godwit-db/godwit" \
  org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build /app/package.json /app/LICENSE /app/
COPY --from=build /app/bin /app/bin
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
# The user of the base image that is not root, by number: Kubernetes' runAsNonRoot cannot judge a name.
USER 1000:1000
WORKDIR /srv
ENTRYPOINT ["node", "/app/bin/godwit"]
