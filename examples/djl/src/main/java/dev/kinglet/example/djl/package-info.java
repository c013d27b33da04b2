/** Example 10: {@link dev.kinglet.example.djl.ClassifyWithDjl}, a program of the Deep Java Library. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.example.djl;
