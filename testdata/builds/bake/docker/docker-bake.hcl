# Called from the folder above: docker buildx bake -f docker/docker-bake.hcl
variable "GENERATION" { default = "2023" }
variable "REGISTRY" {}

group "default" { targets = ["base", "api", "tool"] }

target "_common" {
  context = "."
  args = { BASE = "amazonlinux:${GENERATION}" }
}
target "base" {
  inherits = ["_common"]
  dockerfile = "docker/base.Dockerfile"
  tags = ["${REGISTRY}/acme/base:${GENERATION}"]
}
target "api" {
  inherits = ["_common"]
  dockerfile = "docker/api.Dockerfile"
  contexts = { base = "target:base", certs = "certificates" }
}
target "tool" {
  name = "tool-${generation}"
  matrix = { generation = ["2", "2023"] }
  dockerfile-inline = "FROM amazonlinux:${generation}"
}
target "away" { context = "https://github.com/acme/away.git#main" }
