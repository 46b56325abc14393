
// One thread per block of four words. Defined in front:
//   T                 element type
//   WIDE              1 where an element takes two words
//   UNIFORM_BITS      of a word that a uniform number takes: as many as T holds of every number below 1, or rounding gives 1

extern "C" __global__ void uniform(i64 n, T* out, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    const int per_block = WIDE ? 2 : 4;
    for (i64 block = thread_number(); block * per_block < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        for (int i = 0; i < per_block && block * per_block + i < n; i++) {
            store(out[block * per_block + i], WIDE ? uniform53(word64(words, i)) : uniform_of(words.w[i], UNIFORM_BITS));
        }
    }
}

extern "C" __global__ void normal(i64 n, T* out, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    const int per_block = WIDE ? 2 : 4;
    for (i64 block = thread_number(); block * per_block < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        double z[4];
        if (WIDE) {
            normal_pair(uniform53(word64(words, 0)), uniform53(word64(words, 1)), z[0], z[1]);
        } else {
            normal_pair(uniform24(words.w[0]), uniform24(words.w[1]), z[0], z[1]);
            normal_pair(uniform24(words.w[2]), uniform24(words.w[3]), z[2], z[3]);
        }
        for (int i = 0; i < per_block && block * per_block + i < n; i++) store(out[block * per_block + i], z[i]);
    }
}

// Uniform on [a, b): the upper half of the 128-bit product of a 64-bit word and b - a. Two words per element in every type.
extern "C" __global__ void integer(i64 n, T* out, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    for (i64 block = thread_number(); block * 2 < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        for (int i = 0; i < 2 && block * 2 + i < n; i++) {
            store(out[block * 2 + i], draw.a + (i64)__umul64hi(word64(words, i), (u64)draw.b - (u64)draw.a));
        }
    }
}
