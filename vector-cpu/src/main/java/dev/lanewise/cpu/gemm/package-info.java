/**
 * Matrix products in the structure of BLIS (Van Zee and van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS
 * Functionality", 2015): block sizes from cache sizes, operands packed where it pays, one register-tiled micro-kernel per
 * vector width.
 */
@org.jspecify.annotations.NullMarked
package dev.lanewise.cpu.gemm;
