/**
 * The conformance suite: what every backend must pass, generated from the catalogue of operations. A backend's tests
 * extend {@link dev.lanewise.testkit.conformance.BackendConformance}.
 */
@NullMarked
package dev.lanewise.testkit.conformance;

import org.jspecify.annotations.NullMarked;
