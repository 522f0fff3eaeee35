# The control plane. The process is node itself: no shell is needed, nothing is written, no root.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts
COPY bin bin
COPY examples examples
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/node_modules node_modules
COPY --from=build /src/package.json package.json
COPY --from=build /src/bin bin
COPY --from=build /src/examples examples
COPY --from=build /src/dist dist
# By number, so that runAsNonRoot can be checked. It is the image's own user `node`.
USER 1000:1000
EXPOSE 8085 8086 9990
ENTRYPOINT ["node", "--enable-source-maps", "bin/conduit"]
CMD ["controller"]
