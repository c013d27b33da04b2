/** How the native decoder is loaded, with no more of what it is linked with than is needed. */
package dev.kinglet.image.loading;
