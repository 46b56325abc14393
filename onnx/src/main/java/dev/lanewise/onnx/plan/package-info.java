/** From a file to a program: checks, wider types, folded constants, shorter chains, fused patterns, lifetimes of values. */
@NullMarked
package dev.lanewise.onnx.plan;

import org.jspecify.annotations.NullMarked;
