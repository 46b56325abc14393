/** JSON trees whose every access is checked and named. */
@NullMarked
package dev.lanewise.text.json;

import org.jspecify.annotations.NullMarked;
