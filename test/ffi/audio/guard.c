/* guard.c: creates buffers that end at a page without access. */
#define _DEFAULT_SOURCE

#include "check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

guarded guard(const void * content, size_t size) {
    const size_t page   = (size_t) sysconf(_SC_PAGESIZE);
    const size_t usable = (size + page - 1) / page * page;
    char * const pages  = mmap(NULL, usable + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && mprotect(pages + usable, page, PROT_NONE) == 0);
    const guarded buffer = { pages + usable - size, pages, usable + page };
    if (content != NULL) {
        memcpy(buffer.start, content, size);
    }
    return buffer;
}

void release(guarded buffer) {
    CHECK(munmap(buffer.pages, buffer.size) == 0);
}
