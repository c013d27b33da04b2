/** The whole job as a Java API: train, resume, evaluate, import, export, predict. */
package dev.kinglet.toolkit;
