/// What holds for the whole repository: the direction of dependencies, the format of the sources,
/// the links of the documentation, the licences of what Heed is shipped with.
@NullMarked
package dev.heed.architecture;

import org.jspecify.annotations.NullMarked;
