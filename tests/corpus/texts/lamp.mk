# Builds the lamp and its manual.

NAME    := lamp
SOURCES := $(wildcard src/*.c)
OBJECTS := $(SOURCES:src/%.c=build/%.o)
CFLAGS  ?= -O2 -Wall -Wextra

.PHONY: all clean check install

all: build/$(NAME) build/$(NAME).1

build:
	mkdir -p build

build/%.o: src/%.c | build
	$(CC) $(CFLAGS) -c $< -o $@

build/$(NAME): $(OBJECTS)
	$(CC) $(LDFLAGS) $^ -o $@
	@echo "linked $@"

build/$(NAME).1: doc/$(NAME).txt | build
	sed -e 's/^\.//' \
		-e 's/@NAME@/$(NAME)/g' \
		$< > $@

check: build/$(NAME)
	@for file in tests/*.txt; do \
		if ./build/$(NAME) < $$file > build/out; then \
			echo "ok $$file"; \
		else \
			echo "not ok $$file"; exit 1; \
		fi; \
	done

install: all
	install -d $(DESTDIR)/usr/bin
	install -m 755 build/$(NAME) $(DESTDIR)/usr/bin/$(NAME)
	install -m 644 build/$(NAME).1 $(DESTDIR)/usr/share/man/man1/

clean:
	rm -rf build
	@echo "clean"
