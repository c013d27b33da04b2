/** Example 9: {@link dev.kinglet.example.spring.ClassifyUploads}, a Spring Boot application that classifies uploads. */
@org.jspecify.annotations.NullMarked
package dev.kinglet.example.spring;
