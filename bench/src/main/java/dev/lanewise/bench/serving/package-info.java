/** A server under load for minutes: exchanged models, clients that go away, more requests than it can answer. */
@NullMarked
package dev.lanewise.bench.serving;

import org.jspecify.annotations.NullMarked;
