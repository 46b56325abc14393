/**
 * Products with weights of 8 bits and of blocks of few bits.
 *
 * <p>All of them multiply in single precision. On an AMD EPYC with AVX-512 (Zen 5), one core, Temurin 25, a tile of 8 rows by 32
 * columns, k = 384 to 1536: products of floats 94 to 103 billion multiply-adds per second, the same of bytes that the tile
 * widens itself 99 to 103, 32-bit integers ({@code mul} and {@code add}) 76 to 84; what C2 makes of a loop of 16-bit products
 * ({@code vpmaddwd}) 20 where it sums into memory, 3 where it sums into variables. The Vector API of JDK 25 has no dot product
 * of bytes, which a processor with VNNI does at four times the rate of floats. Whole numbers of 8 bits are exact in F32, and so
 * are their products and the sums of 256 of them ({@code 255 * 255 * 256 < 2^24}), which are then added as 32-bit integers.
 */
@NullMarked
package dev.lanewise.cpu.quant;

import org.jspecify.annotations.NullMarked;
