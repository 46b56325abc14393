/** Regular expressions in Oniguruma's syntax, over code points, without recursion over the text. */
@NullMarked
package dev.lanewise.text.regex;

import org.jspecify.annotations.NullMarked;
