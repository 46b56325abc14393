
struct alignas(4 * sizeof(T)) Four {
    T at[4];
};

// Element i survives if uniform number i is at least p; all tensors dense. Four elements per block of words in every type,
// which move at once where they are aligned.
extern "C" __global__ void dropout(i64 n, const T* x, T* y, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    // rounded to F32, as the mask is compared on every device
    float scale = (float)(1 / (1 - draw.p));
    float least = (float)draw.p;
    bool aligned = ((u64)x | (u64)y) % sizeof(Four) == 0;
    for (i64 block = thread_number(); block * 4 < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        i64 first = block * 4;
        int count = n - first < 4 ? (int)(n - first) : 4;
        bool whole = aligned && count == 4;
        Four four;
        if (whole) four = *(const Four*)(x + first);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (i >= count) break;
            auto value = load(whole ? four.at[i] : x[first + i]);
            bool survives = (float)uniform24(words.w[i]) >= least;
            store(four.at[i], survives ? value * scale : (decltype(value))0);
            if (!whole) y[first + i] = four.at[i];
        }
        if (whole) *(Four*)(y + first) = four;
    }
}
