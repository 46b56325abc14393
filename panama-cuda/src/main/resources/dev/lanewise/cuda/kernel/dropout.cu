
// Element i survives if uniform number i is at least p; all tensors dense. Four elements a block of words in every type.
extern "C" __global__ void dropout(i64 n, const T* x, T* y, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    // rounded to F32, as the mask is compared on every device
    float scale = (float)(1 / (1 - draw.p));
    float least = (float)draw.p;
    for (i64 block = thread_number(); block * 4 < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        for (int i = 0; i < 4 && block * 4 + i < n; i++) {
            i64 at = block * 4 + i;
            auto value = load(x[at]);
            bool survives = (float)uniform24(words.w[i]) >= least;
            store(y[at], survives ? value * scale : (decltype(value))0);
        }
    }
}
