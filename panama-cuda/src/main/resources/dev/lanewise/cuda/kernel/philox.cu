// Random numbers from Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). Block b of the
// counter gives four words; an element takes one, or two with the low word first.

struct Words {
    u32 w[4];
};

__device__ inline Words philox(u64 seed, u64 block) {
    u32 c0 = (u32)block, c1 = (u32)(block >> 32), c2 = 0, c3 = 0;
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        u64 p0 = (u64)0xD2511F53u * c0;
        u64 p1 = (u64)0xCD9E8D57u * c2;
        u32 n0 = (u32)(p1 >> 32) ^ c1 ^ k0;
        u32 n2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (u32)p1;
        c3 = (u32)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    Words words = {{c0, c1, c2, c3}};
    return words;
}

__device__ inline u64 word64(const Words& words, int pair) {
    return words.w[2 * pair] | (u64)words.w[2 * pair + 1] << 32;
}

__device__ inline double uniform24(u32 word) { return (double)(word >> 8) * 0x1p-24; }
__device__ inline double uniform53(u64 word) { return (double)(word >> 11) * 0x1p-53; }

// Box-Muller: two neighbouring elements from two uniform numbers.
__device__ inline void normal_pair(double u, double v, double& first, double& second) {
    double radius = sqrt(-2 * log(1 - u));
    double angle = 6.283185307179586477 * v;
    first = radius * cos(angle);
    second = radius * sin(angle);
}

// What a launch draws. A captured launch finds it in memory instead, where the next replay's is written.
struct Draw {
    u64 seed, counter;
    i64 a, b;
    double p;
};

// One thread a block of four words. Defined in front of this template:
//   T                 element type
//   WIDE              1 where an element takes two words
//   DROPOUT           1 where there is dropout of the type

extern "C" __global__ void uniform(i64 n, T* out, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    const int per_block = WIDE ? 2 : 4;
    for (i64 block = thread_number(); block * per_block < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        for (int i = 0; i < per_block && block * per_block + i < n; i++) {
            store(out[block * per_block + i], WIDE ? uniform53(word64(words, i)) : uniform24(words.w[i]));
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

// Uniform on [a, b): the upper half of the 128-bit product of a 64-bit word and b - a. Two words an element in every type.
extern "C" __global__ void integer(i64 n, T* out, Draw given, const Draw* captured) {
    Draw draw = captured ? *captured : given;
    for (i64 block = thread_number(); block * 2 < n; block += thread_count()) {
        Words words = philox(draw.seed, draw.counter + block);
        for (int i = 0; i < 2 && block * 2 + i < n; i++) {
            store(out[block * 2 + i], draw.a + (i64)__umul64hi(word64(words, i), (u64)draw.b - (u64)draw.a));
        }
    }
}

#if DROPOUT
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
#endif
