# opkitsu: make; make test; make check; make demo; make bench; make install PREFIX=/usr/local
# make analyze: cppcheck and clang-tidy; DEEP=1 follows more paths.
# SAN=1 builds with AddressSanitizer and UBSan into build/san; CI=1 makes warnings errors.
# make long: all of what make check takes a part of, in hours.
# make fuzz looks for input that breaks something, with clang, in build/fuzz.

PREFIX ?= /usr/local
CC ?= cc
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes $(if $(CI),-Werror)
PKGS = libcurl yajl libmongoc-1.0 sqlite3 libcrypto libutf8proc libseccomp
BUILD = build$(if $(FUZZ),/fuzz,$(if $(SAN),/san))
SANITIZERS = $(if $(FUZZ)$(SAN),address$(comma)undefined)$(if $(FUZZ),$(comma)fuzzer-no-link)

comma = ,

# Against mistakes in what reads Kitsu's data, beside base/confine.h; tests/programs/all.bats
# looks at what is installed. Fortified as far as the compiler can, and where it optimises;
# AddressSanitizer has checks of its own.
FORTIFIES = $(if $(SANITIZERS)$(findstring _FORTIFY_SOURCE,$(CFLAGS)),,$(filter-out -O0,$(filter -O%,$(CFLAGS))))
FORTIFY_LEVEL := $(shell echo 'int f(char *p) { return __builtin_dynamic_object_size(p, 0) != 0; }' | \
	$(CC) -Werror -x c -S -o /dev/null - 2>/dev/null && echo 3 || echo 2)
HARD_CFLAGS = -fPIE -fstack-protector-strong \
	$(if $(FORTIFIES),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(FORTIFY_LEVEL))
HARD_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack

ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -iquote lib -DOPKITSU_SHARE='"$(PREFIX)/share/opkitsu"' \
	$(shell pkg-config --cflags $(PKGS)) $(WARN) $(HARD_CFLAGS) $(CFLAGS) \
	$(if $(SANITIZERS),-fsanitize=$(SANITIZERS) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_LDFLAGS = -Wl,--as-needed $(HARD_LDFLAGS) $(LDFLAGS) $(if $(SANITIZERS),-fsanitize=$(SANITIZERS))
LIBS = $(shell pkg-config --libs $(PKGS)) -lm

PROGRAMS = $(patsubst bin/%.c,$(BUILD)/bin/%,$(wildcard bin/*.c))
SCRIPTS = $(notdir $(wildcard scripts/openpype_console scripts/sync-service scripts/push-to-zou \
	scripts/integrate-kitsu-note))
OBJECTS = $(patsubst lib/%.c,$(BUILD)/lib/%.o,$(wildcard lib/*/*.c))
MANUALS = $(wildcard share/man/*.[157])

all: $(PROGRAMS) $(SCRIPTS:%=$(BUILD)/bin/%) $(BUILD)/share/opkitsu

$(BUILD)/bin/%: $(BUILD)/obj/%.o $(BUILD)/libopkitsu.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/libopkitsu.a: $(OBJECTS)
	@rm -f $@ # or it would keep what has been moved or removed
	$(AR) rcs $@ $^

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: bin/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(SCRIPTS:%=$(BUILD)/bin/%): $(BUILD)/bin/%: scripts/%
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/$< $@

# The build tree has the shape of an installed one: programs find their data
# at ../share/opkitsu in both.
$(BUILD)/share/opkitsu $(BUILD)/tests/share/opkitsu:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/share $@

# The unit tests' programs, made when tests are run.
UNITS = $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))

# faults.c knows two processors; on others its tests are skipped.
PRELOADED = clock $(if $(findstring $(shell $(CC) -dumpmachine | cut -d - -f 1),x86_64 aarch64),faults)

unit: $(UNITS) $(PRELOADED:%=$(BUILD)/tests/lib/%.so)

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libopkitsu.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -iquote tests/unit -MMD -MP -o $@ $< $(BUILD)/libopkitsu.a $(LIBS)

# What tests preload into programs, also those of others: without the sanitizers.
$(BUILD)/tests/lib/%.so: tests/lib/%.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) $(CFLAGS) -fPIC -shared $(if $(SANITIZERS),-DSANITIZED) -o $@ $<

# The fuzz targets, each a program of libFuzzer's; tests/fuzz/run runs them.
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))

fuzzers: $(FUZZERS) $(BUILD)/tests/share/opkitsu

fuzz:
	@$(MAKE) CC=clang FUZZ=1 fuzzers
	tests/fuzz/run

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libopkitsu.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -iquote tests/fuzz -MMD -MP -o $@ $< $(BUILD)/libopkitsu.a $(LIBS)

# test: quickly, what needs no server; lint: texts only; check: everything. All
# build by themselves; lint and check install what is missing.
test:
	tests/run --quick

lint:
	tests/run tests/lint

check:
	tests/run

analyze:
	tests/lint/analyze $(if $(DEEP),--deep)

demo:
	scripts/demo

bench: all
	tests/bench/sync
	"$${OPKITSU_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/opkitsu}/venv/bin/python" tests/bench/listen
	"$${OPKITSU_CACHE:-$${XDG_CACHE_HOME:-$$HOME/.cache}/opkitsu}/venv/bin/python" tests/bench/push
	tests/bench/memory

# Two hours of work at random, kills, and clocks that jump, for each store.
# The kills, faults, lies and limits that make check takes a part of.
long:
	EVERY=1 tests/run

soak: all unit
	tests/service/soak

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/opkitsu
	install -m 755 $(PROGRAMS) $(SCRIPTS:%=scripts/%) $(DESTDIR)$(PREFIX)/bin
	install -m 644 share/*.json scripts/*.bash $(DESTDIR)$(PREFIX)/share/opkitsu
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/opkitsu/pyblish share/pyblish/*.py
	for m in $(MANUALS); do s=$${m##*.}; \
		install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$$s/$${m##*/} || exit 1; done

uninstall:
	rm -f $(patsubst $(BUILD)/bin/%,$(DESTDIR)$(PREFIX)/bin/%,$(PROGRAMS)) \
		$(SCRIPTS:%=$(DESTDIR)$(PREFIX)/bin/%) \
		$(foreach m,$(notdir $(MANUALS)),$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $m))/$m)
	rm -rf $(DESTDIR)$(PREFIX)/share/opkitsu

clean:
	rm -rf build

# For editors and clangd: how each file is compiled, from what make would do.
compile_commands compile_commands.json:
	@$(MAKE) -Bns all unit | tests/lib/compile-commands >compile_commands.json.new
	@mv compile_commands.json.new compile_commands.json

.PHONY: all unit fuzzers fuzz test lint check long analyze demo bench soak install uninstall clean compile_commands compile_commands.json
.SECONDARY:
-include $(wildcard $(BUILD)/lib/*/*.d $(BUILD)/obj/*.d $(BUILD)/tests/*/*.d)
