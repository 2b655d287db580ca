# The sample app: docker build -t phone-agent . && docker run --rm -p 8000:8000 --env-file .env phone-agent
# docs/production.md says more.

# What only a build needs stays in this stage: Vite, which makes the page of the phone in the browser.
FROM node:24-bookworm-slim AS page
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.base.json ./
COPY packages packages
COPY apps apps
COPY tools tools
RUN npm ci --workspace @phone-agents/simulator --include-workspace-root=false --no-audit --no-fund \
  && npm run build:page

# Only what the app uses, without the tools of this repository.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages packages
COPY apps apps
COPY tools tools
RUN npm ci --workspace @phone-agents/phone-agent-app --include-workspace-root=false --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
# Speech recognition without an account; an agent on vendors' speech does not need it.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends pocketsphinx pocketsphinx-en-us \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production PORT=8000
COPY --from=dependencies /app/package.json ./
COPY --from=dependencies /app/node_modules node_modules
# With the modules that npm puts beside a package, where two versions of one are wanted.
COPY --from=dependencies /app/packages packages
COPY --from=dependencies /app/apps apps
COPY --from=page /app/packages/simulator/dist/page packages/simulator/dist/page
# Recordings of simulated calls go here; nothing else is written.
RUN mkdir recordings && chown node:node recordings
USER node
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--conditions=@phone-agents/source", "--disable-warning=ExperimentalWarning", "apps/phone-agent/src/main.ts"]
