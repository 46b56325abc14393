// Answers as the driver of an H200 would and writes down what it is asked, so that the calls of the bindings can be looked
// at. Nothing is computed: memory is the host's, streams and events are numbers.
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG(...) (printf(__VA_ARGS__), putchar('\n'), fflush(stdout), CUDA_SUCCESS)

CUresult cuInit(unsigned flags) { return LOG("cuInit %u", flags); }
CUresult cuDriverGetVersion(int* version) { return *version = 13000, CUDA_SUCCESS; }
CUresult cuGetErrorName(CUresult e, const char** s) { return *s = e == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR", CUDA_SUCCESS; }
CUresult cuGetErrorString(CUresult e, const char** s) { return *s = e == 2 ? "out of memory" : "error", CUDA_SUCCESS; }
CUresult cuDeviceGetCount(int* n) { return *n = 1, CUDA_SUCCESS; }
CUresult cuDeviceGet(CUdevice* d, int i) { return *d = i, CUDA_SUCCESS; }
CUresult cuDeviceGetName(char* name, int n, CUdevice d) { return snprintf(name, n, "NVIDIA H200"), CUDA_SUCCESS; }
CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice d) { return *bytes = 150754820096, CUDA_SUCCESS; }
CUresult cuDeviceGetAttribute(int* value, CUdevice_attribute a, CUdevice d) {
    switch (a) {
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: return *value = 9, CUDA_SUCCESS;
        case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: return *value = 0, CUDA_SUCCESS;
        case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: return *value = 132, CUDA_SUCCESS;
        case CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED: return *value = 1, CUDA_SUCCESS;
        default: return CUDA_ERROR_INVALID_VALUE;
    }
}
CUresult cuDevicePrimaryCtxRetain(CUcontext* c, CUdevice d) { return *c = (CUcontext)0x100, LOG("cuDevicePrimaryCtxRetain %d", d); }
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice d) { return LOG("cuDevicePrimaryCtxRelease_v2 %d", d); }
CUresult cuCtxSetCurrent(CUcontext c) { return LOG("cuCtxSetCurrent %p", (void*)c); }
CUresult cuMemGetInfo_v2(size_t* free, size_t* total) { return *free = 100, *total = 200, CUDA_SUCCESS; }
CUresult cuMemPoolCreate(CUmemoryPool* p, const CUmemPoolProps* q) {
    *p = (CUmemoryPool)0x200;
    return LOG("cuMemPoolCreate type %d handles %d at %d %d", q->allocType, q->handleTypes, q->location.type, q->location.id);
}
CUresult cuMemPoolSetAttribute(CUmemoryPool p, CUmemPool_attribute a, void* v) {
    return LOG("cuMemPoolSetAttribute %p %d %lld", (void*)p, a, *(long long*)v);
}
CUresult cuMemPoolGetAttribute(CUmemoryPool p, CUmemPool_attribute a, void* v) { return *(long long*)v = a, CUDA_SUCCESS; }
CUresult cuMemPoolTrimTo(CUmemoryPool p, size_t keep) { return LOG("cuMemPoolTrimTo %p %zu", (void*)p, keep); }
CUresult cuMemPoolDestroy(CUmemoryPool p) { return LOG("cuMemPoolDestroy %p", (void*)p); }
CUresult cuMemAllocFromPoolAsync(CUdeviceptr* at, size_t bytes, CUmemoryPool p, CUstream s) {
    if (bytes > 1000000) return CUDA_ERROR_OUT_OF_MEMORY;
    *at = (CUdeviceptr)malloc(bytes);
    return LOG("cuMemAllocFromPoolAsync %zu %p %p", bytes, (void*)p, (void*)s);
}
CUresult cuMemFreeAsync(CUdeviceptr at, CUstream s) { return free((void*)at), LOG("cuMemFreeAsync %p", (void*)s); }
CUresult cuMemHostAlloc(void** at, size_t bytes, unsigned flags) { return *at = calloc(1, bytes), LOG("cuMemHostAlloc %zu %u", bytes, flags); }
CUresult cuMemFreeHost(void* at) { return free(at), LOG("cuMemFreeHost"); }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t n, CUstream s) {
    return memcpy((void*)to, from, n), LOG("cuMemcpyHtoDAsync_v2 %zu %p", n, (void*)s);
}
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t n, CUstream s) {
    return memcpy(to, (void*)from, n), LOG("cuMemcpyDtoHAsync_v2 %zu %p", n, (void*)s);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t n, CUstream s) {
    return memcpy((void*)to, (void*)from, n), LOG("cuMemcpyDtoDAsync_v2 %zu %p", n, (void*)s);
}
CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char v, size_t n, CUstream s) {
    return memset((void*)to, v, n), LOG("cuMemsetD8Async %d %zu %p", v, n, (void*)s);
}
CUresult cuStreamCreate(CUstream* s, unsigned flags) { return *s = (CUstream)0x300, LOG("cuStreamCreate %u", flags); }
CUresult cuStreamDestroy_v2(CUstream s) { return LOG("cuStreamDestroy_v2 %p", (void*)s); }
CUresult cuStreamSynchronize(CUstream s) { return LOG("cuStreamSynchronize %p", (void*)s); }
CUresult cuStreamWaitEvent(CUstream s, CUevent e, unsigned flags) { return LOG("cuStreamWaitEvent %p %p %u", (void*)s, (void*)e, flags); }
CUresult cuEventCreate(CUevent* e, unsigned flags) { return *e = (CUevent)0x400, LOG("cuEventCreate %u", flags); }
CUresult cuEventDestroy_v2(CUevent e) { return LOG("cuEventDestroy_v2 %p", (void*)e); }
CUresult cuEventRecord(CUevent e, CUstream s) { return LOG("cuEventRecord %p %p", (void*)e, (void*)s); }
CUresult cuEventSynchronize(CUevent e) { return LOG("cuEventSynchronize %p", (void*)e); }
CUresult cuEventQuery(CUevent e) { return LOG("cuEventQuery %p", (void*)e), CUDA_ERROR_NOT_READY; }
CUresult cuStreamBeginCapture_v2(CUstream s, CUstreamCaptureMode m) { return LOG("cuStreamBeginCapture_v2 %p %d", (void*)s, m); }
CUresult cuStreamIsCapturing(CUstream s, CUstreamCaptureStatus* status) { return *status = CU_STREAM_CAPTURE_STATUS_ACTIVE, CUDA_SUCCESS; }
CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* m) {
    CUstreamCaptureMode given = *m;
    *m = CU_STREAM_CAPTURE_MODE_GLOBAL;
    return LOG("cuThreadExchangeStreamCaptureMode %d", given);
}
CUresult cuStreamEndCapture(CUstream s, CUgraph* g) { return *g = (CUgraph)0x500, LOG("cuStreamEndCapture %p", (void*)s); }
CUresult cuGraphInstantiateWithFlags(CUgraphExec* e, CUgraph g, unsigned long long flags) {
    return *e = (CUgraphExec)0x600, LOG("cuGraphInstantiateWithFlags %p %llu", (void*)g, flags);
}
CUresult cuGraphLaunch(CUgraphExec e, CUstream s) { return LOG("cuGraphLaunch %p %p", (void*)e, (void*)s); }
CUresult cuGraphDestroy(CUgraph g) { return LOG("cuGraphDestroy %p", (void*)g); }
CUresult cuGraphExecDestroy(CUgraphExec e) { return LOG("cuGraphExecDestroy %p", (void*)e); }
CUresult cuModuleLoadData(CUmodule* m, const void* image) { return *m = (CUmodule)0x700, LOG("cuModuleLoadData %s", (const char*)image); }
CUresult cuModuleUnload(CUmodule m) { return LOG("cuModuleUnload %p", (void*)m); }
CUresult cuModuleGetFunction(CUfunction* f, CUmodule m, const char* name) {
    return *f = (CUfunction)0x800, LOG("cuModuleGetFunction %p %s", (void*)m, name);
}
CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
        unsigned shared, CUstream s, void** arguments, void** extra) {
    return LOG("cuLaunchKernel %p %u %u %u %u %u %u %u %p (%lld, %d) %p", (void*)f, gx, gy, gz, bx, by, bz, shared,
            (void*)s, *(long long*)arguments[0], *(int*)arguments[1], (void*)extra);
}
