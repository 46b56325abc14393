// Runs a grid of threads on the host, block after block. The threads of a block are contexts that take turns: each runs
// until it ends or waits for the others, in an order that can be reversed or shuffled, so that a missing barrier shows.
// Threads wait for their block at barriers and for their warp at its collective instructions; all lanes of a warp have to
// come to the same one, which they do if branches around it and bounds of loops around it are the same in all of them.
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>

struct Index {
    unsigned x, y, z;
};
extern "C" {
Index blockIdx, threadIdx, blockDim, gridDim;
}

typedef void (*Kernel)(void** arguments);

namespace {
const int MOST_THREADS = 1024;
const int WARP = 32;
const size_t STACK = 64 << 10;

// A context is made once and then waits for the next kernel; making one costs system calls.
struct Fiber {
    jmp_buf at;
    bool made, ended, waits;
    const char* meeting;  // what it waits at
    bool of_block;        // for the whole block, not for its warp
};
Fiber fibers[MOST_THREADS];
char* stacks;
jmp_buf scheduler;
ucontext_t origin, entry;
int running = -1;  // the thread that is a context of its own, or -1
Kernel kernel;
void** arguments;
char* problem;
unsigned order_seed;

void place(int number) {
    threadIdx.x = number % blockDim.x;
    threadIdx.y = number / blockDim.x % blockDim.y;
    threadIdx.z = number / (blockDim.x * blockDim.y);
}

void body() {
    for (;;) {
        kernel(arguments);
        fibers[running].ended = true;
        if (_setjmp(fibers[running].at) == 0) _longjmp(scheduler, 1);
    }
}

// Runs a thread until it ends or waits.
void resume(int number) {
    running = number;
    place(number);
    if (_setjmp(scheduler) == 0) {
        if (fibers[number].made) _longjmp(fibers[number].at, 1);
        fibers[number].made = true;
        getcontext(&entry);
        entry.uc_stack.ss_sp = stacks + number * STACK;
        entry.uc_stack.ss_size = STACK;
        entry.uc_link = nullptr;
        makecontext(&entry, body, 0);
        setcontext(&entry);
    }
    running = -1;
}

int turn(int step, int threads, int order) {
    if (order == 1) return threads - 1 - step;
    // a step that has no common divisor with a power of two visits all
    if (order == 2 && (threads & (threads - 1)) == 0) return (step * (2 * (order_seed & 511) + 1) + order_seed) % threads;
    return step;
}

const char* place_of(const Fiber& fiber) { return fiber.ended ? "the end" : fiber.meeting; }

// Whether all lanes of each warp are at the same place.
bool lanes_agree(int threads) {
    for (int i = 0; i < threads; i++) {
        int first = i / WARP * WARP;
        const char *here = place_of(fibers[i]), *there = place_of(fibers[first]);
        if (here != there && strcmp(here, there) != 0) {
            snprintf(problem, 256, "of warp %d, lane %d comes to %s and lane %d to %s", i / WARP, i % WARP, here, 0, there);
            return false;
        }
    }
    return true;
}

// Lets threads go on for which all the others have come: warps if there are any, else the block.
bool release(int threads) {
    if (!lanes_agree(threads)) return false;
    int ended = 0, of_block = 0;
    for (int i = 0; i < threads; i++) {
        ended += fibers[i].ended;
        of_block += !fibers[i].ended && fibers[i].of_block;
    }
    bool all_wait_for_block = ended + of_block == threads;
    if (all_wait_for_block && ended > 0 && of_block > 0) {
        snprintf(problem, 256, "%d of %d threads ended while the others wait at a barrier", ended, threads);
        return false;
    }
    for (int i = 0; i < threads; i++) fibers[i].waits = fibers[i].of_block && !all_wait_for_block;
    return true;
}

bool run_block(int threads, int order) {
    for (int i = 0; i < threads; i++) fibers[i].ended = fibers[i].waits = false;
    int first = turn(0, threads, order);
    resume(first);
    if (fibers[first].ended) {
        // no barrier: the others need no contexts
        for (int step = 1; step < threads && !problem[0]; step++) {
            place(turn(step, threads, order));
            kernel(arguments);
        }
        return !problem[0];
    }
    int ended = fibers[first].ended;
    for (int round = 0; ended < threads; round++) {
        order_seed = order_seed * 1664525 + 1013904223;
        for (int step = 0; step < threads; step++) {
            int number = turn(step, threads, order);
            if (fibers[number].ended || fibers[number].waits || (round == 0 && number == first)) continue;
            resume(number);
            ended += fibers[number].ended;
        }
        if (!release(threads)) {
            for (int i = 0; i < threads; i++) fibers[i].made = false;
            return false;
        }
    }
    return true;
}

void meet(const char* meeting, bool of_block) {
    if (running < 0) {
        snprintf(problem, 256, "a thread comes to %s, to which the block's first one did not", meeting);
        return;
    }
    int me = running;
    fibers[me].meeting = meeting;
    fibers[me].of_block = of_block;
    if (_setjmp(fibers[me].at) == 0) _longjmp(scheduler, 1);
    running = me;
    place(me);
}
}  // namespace

extern "C" void __syncthreads() { meet("__syncthreads", true); }

extern "C" void meet_warp(const char* instruction) { meet(instruction, false); }

// order: 0 as numbered, 1 reversed, 2 shuffled; message has 256 bytes and stays empty if all went well.
extern "C" void run_grid(Kernel k, void** a, const Index* grid, const Index* block, int order, char* message) {
    if (!stacks) {
        stacks = (char*)mmap(nullptr, MOST_THREADS * STACK, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    kernel = k;
    arguments = a;
    problem = message;
    problem[0] = 0;
    gridDim = *grid;
    blockDim = *block;
    int threads = block->x * block->y * block->z;
    unsigned blocks = grid->x * grid->y * grid->z;
    for (unsigned i = 0; i < blocks; i++) {
        unsigned number = order == 1 ? blocks - 1 - i : i;
        blockIdx.x = number % grid->x;
        blockIdx.y = number / grid->x % grid->y;
        blockIdx.z = number / (grid->x * grid->y);
        if (!run_block(threads, order)) return;
    }
}

// "Device" memory: 512-byte aligned, filled with what no program may rely on, between two guards.
namespace {
const size_t GUARD = 512;
const long FILLED = 4 << 20;
const unsigned char UNDEFINED = 0xFF, GUARDED = 0x5A;
}

extern "C" char* allocate_memory(long bytes) {
    size_t whole = ((size_t)bytes + 511) / 512 * 512 + 2 * GUARD;
    char* block = (char*)aligned_alloc(512, whole);
    if (!block) return nullptr;
    memset(block, GUARDED, GUARD);
    memset(block + GUARD + bytes, GUARDED, whole - GUARD - bytes);
    *(long*)block = bytes;
    // Workspaces are far larger than what is used of them: touching their pages would take most of a test's time.
    memset(block + GUARD, UNDEFINED, bytes < FILLED ? bytes : FILLED);
    return block + GUARD;
}

// Whether nothing was written around it.
extern "C" int free_memory(char* memory) {
    char* block = memory - GUARD;
    long bytes = *(long*)block;
    size_t whole = ((size_t)bytes + 511) / 512 * 512 + 2 * GUARD;
    bool whole_guards = true;
    for (size_t i = 8; i < GUARD; i++) whole_guards &= (unsigned char)block[i] == GUARDED;
    for (size_t i = GUARD + bytes; i < whole; i++) whole_guards &= (unsigned char)block[i] == GUARDED;
    free(block);
    return whole_guards;
}
