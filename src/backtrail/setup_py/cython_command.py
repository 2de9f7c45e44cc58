"""Finds in a setup.py that it builds with a command of Cython's in a way that newer releases do not know."""

import ast

__all__ = ["calls_cython_sources"]

_CALLED = ("get_source_files", "build_extensions", "run", "build_extension", "swig_sources")
"""The methods of such a command that a build calls."""


def calls_cython_sources(script: ast.Module) -> int | None:
    """The line where a subclass of ``Cython.Distutils.build_ext`` calls its ``cython_sources``; None: nowhere."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(script)
        if isinstance(node, ast.ImportFrom) and node.module == "Cython.Distutils"
        for alias in node.names
        if alias.name == "build_ext"
    }
    for node in ast.walk(script) if names else ():
        if isinstance(node, ast.ClassDef) and any(isinstance(one, ast.Name) and one.id in names for one in node.bases):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name in _CALLED:
                    line = _called(method)
                    if line is not None:
                        return line
    return None


def _called(method: ast.FunctionDef) -> int | None:
    return next(
        (
            node.lineno
            for node in ast.walk(method)
            if isinstance(node, ast.Attribute)
            and node.attr == "cython_sources"
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        ),
        None,
    )
