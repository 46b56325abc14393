/** Tests of what holds for the modules together. */
@NullMarked
package dev.lanewise.docs;

import org.jspecify.annotations.NullMarked;
