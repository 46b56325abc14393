/** JSON trees in which every access is checked and names its place. */
@NullMarked
package dev.lanewise.text.json;

import org.jspecify.annotations.NullMarked;
