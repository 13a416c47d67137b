# expect: bundle-never-fetched 2
FROM public.ecr.aws/amazonlinux/amazonlinux:2023
RUN dnf install -y nodejs20 && dnf clean all
WORKDIR /srv
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY src ./src
USER 1000
CMD ["node", "src/server.js"]
