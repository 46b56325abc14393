package dev.lanewise.cpu.elementwise;

import dev.lanewise.cpu.memory.Access;

/** {@code out = a ? b : c} for truth values a; only the width of the others matters. */
enum Select implements Loop {
    WIDTH_1 {
        @Override
        void run(int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i++) {
                byte yes = Access.i8(b + (long) i * bStep);
                byte no = Access.i8(c + (long) i * cStep);
                Access.i8(out + i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    },
    WIDTH_2 {
        @Override
        void run(int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i++) {
                short yes = Access.i16(b + (long) i * bStep);
                short no = Access.i16(c + (long) i * cStep);
                Access.i16(out + 2L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    },
    WIDTH_4 {
        @Override
        void run(int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i++) {
                int yes = Access.i32(b + (long) i * bStep);
                int no = Access.i32(c + (long) i * cStep);
                Access.i32(out + 4L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    },
    WIDTH_8 {
        @Override
        void run(int n, long out, long a, int aStep, long b, int bStep, long c, int cStep) {
            for (int i = 0; i < n; i++) {
                long yes = Access.i64(b + (long) i * bStep);
                long no = Access.i64(c + (long) i * cStep);
                Access.i64(out + 8L * i, Access.i8(a + (long) i * aStep) != 0 ? yes : no);
            }
        }
    };

    static Select of(int width) {
        return switch (width) {
            case 1 -> WIDTH_1;
            case 2 -> WIDTH_2;
            case 4 -> WIDTH_4;
            default -> WIDTH_8;
        };
    }

    abstract void run(int n, long out, long a, int aStep, long b, int bStep, long c, int cStep);

    @Override
    public void run(int pattern, int n, long out, long a, long b, long c) {
        int width = 1 << ordinal();
        run(
                n,
                out,
                a,
                (pattern & A_REPEATED) == 0 ? 1 : 0,
                b,
                (pattern & B_REPEATED) == 0 ? width : 0,
                c,
                (pattern & C_REPEATED) == 0 ? width : 0);
    }
}
