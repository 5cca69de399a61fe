# Needs only Python 3.11+, make and git: everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := enterprise_saas_research emerging_startup_research non_existent_company_handling international_company_research \
        similarity_discovery live_progress ai_integration

# CI draws 5 of the defects and 2 of the null systems anew each time, by a seed that it prints; `make soak` has all of them.
# Of the experiments by name three stand for all in CI; `make soak` runs all of them.
LEFT_OUT := scenario:experimentsNOTexperiment:network_latency_basicNOTexperiment:api_restartNOTexperiment:cpu_stress_injection

PARTS := lint unit scans acceptance e2e cli quality tenants security chaos performance sensitivity

# Every robot process imports a hundred modules: without their bytecode it would compile them each time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test $(PARTS) coverage docs bench soak steady clean
.DEFAULT_GOAL := demo

$(STAMP): pyproject.toml uv.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv sync --quiet --active --frozen --extra sandbox --extra contract --extra chaos --extra load --extra locust --extra export --extra quality --extra analytics --extra tls --extra docs --extra dev --inexact
	@rm -rf $(VENV)/lib/python*/site-packages/theodore  # copies of what the wheel brings as data; here the tree has it
	@touch $@

demo: $(STAMP)  ## researches companies on the embedded sandbox and says where log.html is
	$(BIN)/theodore test e2e --performance-check --data-quality-check $(DEMO:%=--scenario %)

test: $(STAMP)  ## everything that CI runs: each part, whatever an earlier one said
	@failed=; for part in $(PARTS); do \
	  echo "== $$part"; began=$$(date +%s); $(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	  echo "-- $$part took $$(($$(date +%s) - began)) s"; done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed"; exit 1; fi; echo "All parts passed: $(PARTS)"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/robocop check suites resources
	@rm -rf .robotcode_cache  # one of before says of variables that other files use that nobody does
	$(BIN)/robotcode analyze code suites resources
	$(BIN)/python tests/lint/names.py libraries tests

unit: $(STAMP)  ## without Robot, real components and scans: under two minutes
	$(BIN)/python -m pytest tests/unit --numprocesses 4 --dist loadgroup

scans: $(STAMP)  ## of small services, with a weakness and without
	$(BIN)/python -m pytest tests/scans --numprocesses 4 --dist loadgroup

acceptance: $(STAMP)  ## Robot and pabot on the sandbox, with the real components
	$(BIN)/python -m pytest tests/acceptance --numprocesses 6 --dist loadgroup

# Tests take twice as long when each line is counted: a long proof. 92 % of lines and branches on 2026-11-30.
coverage: $(STAMP)  ## of our own lines and branches by all tests; fails below the figure in pyproject.toml
	rm -rf results/coverage && mkdir -p results/coverage
	for part in unit scans acceptance; do \
	  COVERAGE_FILE=$(CURDIR)/results/coverage/.coverage.$$part $(BIN)/python -m pytest tests/$$part \
	    --numprocesses 4 --dist loadgroup --cov --cov-report= --cov-fail-under=0 || exit 1; done
	@COVERAGE_FILE=results/coverage/.coverage.files $(BIN)/coverage run --source libraries tests/support/empty.py 2>/dev/null
	$(BIN)/coverage combine --keep --quiet --data-file results/coverage/.coverage results/coverage
	$(BIN)/coverage report --data-file results/coverage/.coverage --skip-covered --sort miss > results/coverage/whole.txt; \
	  status=$$?; tail -3 results/coverage/whole.txt; exit $$status

# The exploration has one seed in CI, so that a red run is the change's; `make soak` and testers let it draw.
e2e: $(STAMP)
	$(BIN)/theodore test e2e --performance-check --data-quality-check --processes 3 --results results/e2e -- --variable SEED:501

cli: $(STAMP)
	$(BIN)/theodore test cli --processes 3 --results results/cli

tenants: $(STAMP)
	$(BIN)/theodore test tenants --results results/tenants

quality: $(STAMP)
	$(BIN)/theodore test quality --results results/quality

security: $(STAMP)
	$(BIN)/theodore test security --system theodore --include-penetration-tests --compliance-check --results results/security
	$(BIN)/theodore test security --system promptcraft --include-penetration-tests --results results/platform-security

chaos: $(STAMP)  ## alone on the machine
	$(BIN)/theodore test chaos --results results/chaos -- --exclude "$(LEFT_OUT)"

performance: $(STAMP)  ## alone on the machine; counts and bodies, no times: under a minute
	$(BIN)/theodore test performance --results results/performance

# A few mutants of one file that one suite meets, by one seed: another change leaves the draw as it is. `make soak` draws many.
sensitivity: $(STAMP)
	$(BIN)/theodore test sensitivity --proof defects --proof nulls --proof replay --named-only --defects 5 --nulls 2 \
	  --processes 4 --results results/sensitivity
	$(BIN)/theodore test sensitivity --proof traffic --mutants 4 --suite sessions --seed 501 --processes 2 --results results/traffic
	$(BIN)/theodore test sensitivity --proof mutants --mutants 4 --suite sessions --file theodore/api/auth.py \
	  --seed 501 --processes 4 --results results/mutants

docs: $(STAMP)  ## renews what is generated, and writes docs/keywords/index.html: all keywords and guides, with a search
	$(BIN)/python -m ChaosLibrary.document > docs/CHAOS_EXPERIMENTS.md
	$(BIN)/python -m SecurityLibrary.document > docs/SECURITY_CHECKLIST.md
	$(BIN)/python -m theodore_qa.systems.declaring > libraries/theodore_qa/systems/declared.py.new
	mv libraries/theodore_qa/systems/declared.py.new libraries/theodore_qa/systems/declared.py
	$(BIN)/python -m theodore_qa.systems.declaring --guide < docs/ENVIRONMENT_FILE.md > docs/ENVIRONMENT_FILE.md.new
	mv docs/ENVIRONMENT_FILE.md.new docs/ENVIRONMENT_FILE.md
	rm -rf docs/keywords
	$(BIN)/python -m theodore_qa.keyword_site docs/keywords

bench: $(STAMP)  ## ratios measured in one run
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/proxy_bench.py
	$(BIN)/python tests/bench/client_bench.py
	$(BIN)/python tests/bench/scan_bench.py
	$(BIN)/python tests/bench/load_bench.py
	$(BIN)/python tests/bench/percentiles_bench.py
	$(BIN)/python tests/bench/stall_bench.py
	$(BIN)/python tests/bench/report_bench.py
	$(BIN)/python tests/bench/regression_bench.py

soak: $(STAMP)  ## the long proofs
	$(MAKE) --no-print-directory coverage
	$(BIN)/python tests/soak/soak.py
	$(BIN)/theodore test chaos --profile full --results results/chaos
	$(BIN)/theodore test performance --profile full --results results/performance
	$(BIN)/python tests/soak/kills.py
	$(BIN)/python tests/soak/batch_kills.py
	$(BIN)/python tests/soak/large_batch.py
	$(BIN)/python tests/soak/findings.py
	$(BIN)/python tests/soak/providers.py
	$(BIN)/python tests/soak/mcp_conformance.py
	$(BIN)/python tests/soak/evidence.py
	$(BIN)/python tests/soak/history.py
	$(BIN)/python tests/soak/slower_build.py
	$(BIN)/python tests/soak/load_errors.py
	$(BIN)/python tests/soak/many_connections.py

steady: $(STAMP)  ## ten times make test on fresh clones, every other time on a busy machine: hours
	$(BIN)/python tests/soak/steady.py

clean:
	rm -rf $(VENV) results/* dist docs/keywords
