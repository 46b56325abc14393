/** The subset of Jinja that chat templates are written in. */
@NullMarked
package dev.lanewise.text.jinja;

import org.jspecify.annotations.NullMarked;
