# make demo    sets everything up and does one task on a separate desktop
# make test    sets everything up and runs the tests (a tenth of the suites); what CI runs
# make test-all, check, bench, setup, constraints

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   := $(shell expr $$(nproc) + 2)

# What the lightbox is made of, the applications of the demo and of the desk suite, two tools, what tells
# of applications' elements (and makes windows for its tests), what makes films and networks for tests,
# what builds and runs virtual machines.
SYSTEM := python3 python3-venv xvfb bubblewrap openbox hsetroot dbus libseccomp2 acl xclip \
          libgl1 libglib2.0-0 fonts-dejavu-core fonts-wqy-zenhei adwaita-icon-theme \
          mousepad galculator pcmanfm xterm l3afpad thunar chromium \
          libreoffice-calc libreoffice-writer libreoffice-gtk3 mtpaint qpdfview sylpheed \
          at-spi2-core python3-gi gir1.2-atspi-2.0 gir1.2-gtk-3.0 \
          ffmpeg iproute2 \
          mmdebstrap e2fsprogs uidmap debian-archive-keyring qemu-system-x86 qemu-utils
SUDO   := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: setup system demo test test-all check bench constraints clean

setup: system $(VENV)/.installed
	$(BIN)/deskhand models pull

# apt is asked only for what dpkg does not have, so a second run needs no network and no rights.
system:
	@missing="$$(for p in $(SYSTEM); do dpkg -s $$p 2>/dev/null | grep -q '^Status: install ok' || echo $$p; done)"; \
	if [ -n "$$missing" ]; then \
	  echo "installing: $$missing"; \
	  $(SUDO) apt-get update -q && \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi

# torch comes first and by version, from wherever pip's own settings say: with an index or a folder of
# CPU builds configured, no CUDA is downloaded.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps miniwob  # its pages; nothing of it is imported
	touch $@

demo: setup
	$(BIN)/deskhand run "Type the sentence 'deskhand was here' and save the file as note.txt" --launch mousepad

# Most tests wait for a screen, so more of them run at once than there are cores; each computes with one thread.
# Bytecode is kept, whatever the environment says: commands and sandboxes that start would compile it each time.
# make test COVERAGE=--cov also measures coverage, as CI does, and takes a quarter longer.
test: setup check
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal --durations=10 $(COVERAGE)

test-all: setup check
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 DESKHAND_TEST_ALL=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/deskhand bench all

constraints: $(VENV)/.installed
	$(BIN)/python -m pip freeze --exclude-editable | grep -v '^-e' | sed 's/+cpu$$//' > constraints.txt

clean:
	rm -rf $(VENV) build dist .coverage* .mypy_cache .ruff_cache .pytest_cache
