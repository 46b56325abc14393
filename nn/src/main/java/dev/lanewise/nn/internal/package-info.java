/** What several packages of the module use and nobody else needs. */
@NullMarked
package dev.lanewise.nn.internal;

import org.jspecify.annotations.NullMarked;
