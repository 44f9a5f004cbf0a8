/*
 * A ring of bytes for one reader and one writer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE 4096
#define MIN(a, b) ((a) < (b) ? (a) : (b))

struct ring {
    unsigned char bytes[RING_SIZE];
    size_t head;
    size_t tail;
    int closed;
};

struct ring *ring_new(void)
{
    struct ring *ring = malloc(sizeof(*ring));
    if (ring == NULL)
        return NULL;
    memset(ring, 0, sizeof(*ring));
    return ring;
}

static size_t ring_used(const struct ring *ring)
{
    return ring->head - ring->tail;
}

/* Writes as much as fits and says how much that was. */
size_t ring_write(struct ring *ring, const void *data, size_t length)
{
    size_t room = RING_SIZE - ring_used(ring);
    size_t count = MIN(room, length);
    size_t at;

    if (ring->closed)
        return 0;
    for (at = 0; at < count; at++) {
        ring->bytes[(ring->head + at) % RING_SIZE] = ((const unsigned char *)data)[at];
    }
    ring->head += count;
    return count;
}

/* Reads as much as there is, up to length. */
size_t ring_read(struct ring *ring, void *data, size_t length)
{
    size_t count = MIN(ring_used(ring), length);
    size_t at;

    for (at = 0; at < count; at++) {
        ((unsigned char *)data)[at] = ring->bytes[(ring->tail + at) % RING_SIZE];
    }
    ring->tail += count;
    return count;
}

int main(int argc, char **argv)
{
    struct ring *ring = ring_new();
    char line[128];
    size_t n;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        printf("usage: %s\n\treads lines\n", argv[0]);
        return 2;
    }
    while (fgets(line, sizeof(line), stdin) != NULL && line[0] != '\n') {
        ring_write(ring, line, strlen(line));
    }
    while ((n = ring_read(ring, line, sizeof(line) - 1)) > 0) {
        line[n] = '\0';
        printf("%s", line);
    }
    free(ring);
    return 0;
}
