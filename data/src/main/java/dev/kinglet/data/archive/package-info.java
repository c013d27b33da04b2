/** Archives from whoever it may be, read entry by entry within limits. */
package dev.kinglet.data.archive;
