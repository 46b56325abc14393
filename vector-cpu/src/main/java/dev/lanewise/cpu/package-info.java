/** The CPU backend, written with the Vector API; found by {@link java.util.ServiceLoader}. */
@NullMarked
package dev.lanewise.cpu;

import org.jspecify.annotations.NullMarked;
