# mugaika: `make help` lists the commands.
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test lint demo corpus bench lock clean
PY := .venv/bin/python

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## environment in .venv, system libraries checked (installed when root on Debian)
	@./scripts/setup.sh requirements.lock

setup-dev:
	@./scripts/setup.sh requirements-dev.lock

run: setup ## start the gateway on loopback (SQLite, local folder var/)
	@MUGAIKA_SMTP__RELAY_DOMAINS='["example.jp"]' exec .venv/bin/mugaika serve

demo: setup ## the main job seen done: sample mails in, what was found, what arrived
	@$(PY) -m scripts.demo

lint: setup-dev ## ruff, mypy strict, import-linter
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

test: lint ## lint, types and all tests
	@.venv/bin/pytest -q -n 2

corpus: setup-dev ## every file of the corpus through the API and by the command (heavy)
	@CORPUS_EVERY=1 $(PY) -m pytest -q tests/end_to_end/test_corpus_uploads.py

bench: setup-dev ## every benchmark: a table and benchmarks/results/latest.json
	@$(PY) -m benchmarks

lock: ## write the lock files anew (needs pip-tools in .venv)
	@.venv/bin/pip-compile -q --generate-hashes --strip-extras --allow-unsafe \
	    --build-deps-for=editable --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    -o requirements.lock pyproject.toml
	@.venv/bin/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --extra dev \
	    --build-deps-for=editable --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    -o requirements-dev.lock pyproject.toml

clean: ## remove the environment and caches (not var/)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build *.egg-info
