// Stands in for NCCL: writes down every call, and adds and copies host memory between the threads of one process.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char internal[128]; } ncclUniqueId;
typedef struct { int rank, size, status; } Comm;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t together;
static void *data[8];

static void say(const char *format, int a, long b, int c, int d, void *stream) {
    pthread_mutex_lock(&lock);
    printf(format, a, b, c, d, (long)(intptr_t)stream);
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}

int ncclGetVersion(int *version) { *version = 22907; return 0; }

int ncclGetUniqueId(ncclUniqueId *id) {
    for (int i = 0; i < 128; i++) id->internal[i] = (char)i;
    return 0;
}

const char *ncclGetErrorString(int status) { return status == 5 ? "invalid usage" : "remote process exited"; }
const char *ncclGetLastError(void *comm) { return "Duplicate GPU detected"; }

int ncclCommInitRank(Comm **comm, int size, ncclUniqueId id, int rank) {
    for (int i = 0; i < 128; i++) if (id.internal[i] != (char)i) return 5;
    pthread_mutex_lock(&lock);
    static int begun;
    if (!begun++) pthread_barrier_init(&together, NULL, size);
    pthread_mutex_unlock(&lock);
    *comm = calloc(1, sizeof(Comm));
    (*comm)->rank = rank;
    (*comm)->size = size;
    say("ncclCommInitRank %d of %ld\n", rank, size, 0, 0, NULL);
    return 0;
}

int ncclAllReduce(const void *in, void *out, size_t count, int type, int op, Comm *comm, void *stream) {
    say("ncclAllReduce %d count %ld type %d op %d stream %lx\n", comm->rank, count, type, op, stream);
    if (in != out || (type != 7 && type != 8)) return 5;
    data[comm->rank] = out;
    pthread_barrier_wait(&together);
    double *sums = calloc(count, sizeof(double));
    for (int rank = 0; rank < comm->size; rank++)
        for (size_t i = 0; i < count; i++)
            sums[i] += type == 7 ? ((float *)data[rank])[i] : ((double *)data[rank])[i];
    pthread_barrier_wait(&together);
    for (size_t i = 0; i < count; i++)
        if (type == 7) ((float *)out)[i] = (float)sums[i]; else ((double *)out)[i] = sums[i];
    free(sums);
    return 0;
}

int ncclBroadcast(const void *in, void *out, size_t count, int type, int root, Comm *comm, void *stream) {
    say("ncclBroadcast %d count %ld type %d root %d stream %lx\n", comm->rank, count, type, root, stream);
    data[comm->rank] = out;
    pthread_barrier_wait(&together);
    if (comm->rank != root) memcpy(out, data[root], count);
    pthread_barrier_wait(&together);
    return 0;
}

int ncclCommGetAsyncError(Comm *comm, int *status) { *status = comm->status; comm->status = 6; return 0; }
int ncclCommAbort(Comm *comm) { say("ncclCommAbort %d\n", comm->rank, 0, 0, 0, NULL); free(comm); return 0; }
