; What JavaScript and TypeScript share. The words are explained in docs/languages.md.

[(function_declaration name: (identifier) @function.name) (generator_function_declaration name: (identifier) @function.name)] @function
(function_declaration "function" @self)
(generator_function_declaration "function" @self)
[(arrow_function) (function_expression) (generator_function)] @lambda
(function_expression "function" @self)
(generator_function "function" @self)
(function_expression name: (identifier) @function.own) @function
(generator_function name: (identifier) @function.own) @function
(method_definition name: [(property_identifier) (private_property_identifier) (string)] @function.name @self) @function
(method_definition name: (computed_property_name) @function.name @function.free @self) @function
(method_definition "static" @function.static)
(method_definition "get" @function.property)
(method_definition "set" @function.free)

(variable_declarator
  name: (identifier) @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function
(pair
  key: [(property_identifier) (string)] @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function
(pair
  key: (computed_property_name) @function.name @function.free
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function
(assignment_expression
  left: (member_expression
    object: [(identifier) (this) (member_expression)] @function.receiver
    property: [(property_identifier) (private_property_identifier)] @function.name)
  right: [(arrow_function) (function_expression) (generator_function)] @function.body
  (#not-match? @function.receiver "^(module|(module\\.)?exports)$|\\.prototype$")) @function
(assignment_expression
  left: (member_expression
    object: (member_expression object: (_) @function.receiver property: (property_identifier) @prototype)
    property: (property_identifier) @function.name)
  right: [(arrow_function) (function_expression) (generator_function)] @function.body
  (#eq? @prototype "prototype")) @function
(assignment_expression
  left: (member_expression
    object: [(identifier) (member_expression)] @function.exported
    property: (property_identifier) @function.name)
  right: [(arrow_function) (function_expression) (generator_function)] @function.body
  (#match? @function.exported "^(module\\.)?exports$")) @function
(assignment_expression
  left: (member_expression property: (property_identifier) @function.name) @function.whole
  right: [(arrow_function) (function_expression) (generator_function)] @function.body
  (#eq? @function.whole "module.exports")) @function
(export_statement
  "default" @function.exported @function.name
  value: [(arrow_function) (function_expression) (generator_function)] @function.body) @function

(arrow_function parameter: (identifier) @parameter @parameter.target)
(assignment_pattern right: (_) @value)
(object_assignment_pattern right: (_) @value)
(computed_property_name (_) @value)
(arrow_function body: [(identifier) (member_expression) (call_expression) (new_expression) (this) (subscript_expression) (object)
  (ternary_expression) (binary_expression) (await_expression)] @return)
(arrow_function body: (parenthesized_expression (_) @return))
(return_statement (_) @return)

[(for_statement) (for_in_statement) (catch_clause) (switch_body)] @scope
(class_static_block) @lambda
[(if_statement (statement_block) @scope) (else_clause (statement_block) @scope) (statement_block (statement_block) @scope)
  (try_statement (statement_block) @scope) (finally_clause (statement_block) @scope) (while_statement (statement_block) @scope)
  (do_statement (statement_block) @scope) (switch_case (statement_block) @scope) (switch_default (statement_block) @scope)
  (labeled_statement (statement_block) @scope)]
(catch_clause parameter: (_) @parameter @parameter.target)

(variable_declarator
  name: (_) @variable.target
  value: (_)? @variable.value
  (#not-match? @variable.value "^(require|await import)\\s*\\([^()]*\\)(\\.\\w+)?$")) @variable
(variable_declaration (variable_declarator name: (_) @variable.hoisted))
(for_in_statement kind: _ left: (_) @variable.target operator: "of" right: (_) @variable.each) @variable
(for_in_statement kind: _ left: (_) @variable.target operator: "in") @variable
(for_in_statement kind: "var" @variable.hoisted)
(for_in_statement !kind left: (_) @assignment.target right: (_) @assignment.each) @assignment
(assignment_expression left: (_) @assignment.target right: (_) @assignment.value) @assignment
(augmented_assignment_expression left: (_) @assignment.target) @assignment
(update_expression argument: (_) @assignment.target) @assignment

(class name: (_) @class.own) @class
(class) @class
(variable_declarator name: (identifier) @class.name value: (class) @class.body) @class
(export_statement "default" @class.exported @class.name value: (class !name) @class.body) @class
(decorator [(identifier) (member_expression)] @decorator.name) @decorator
(decorator (call_expression function: (_) @decorator.name arguments: (_) @decorator.arguments)) @decorator

(object) @object
(pair key: [(property_identifier) (string)] @alias.name value: (_) @alias.value) @alias
(object (shorthand_property_identifier) @alias @alias.name @alias.value @name)
(shorthand_property_identifier_pattern) @name
(object (spread_element (_) @spread))

(import_statement "import" source: (string) @from.module) @from
(import_statement . "import" . source: (string)) @import
(import_clause (identifier) @import @import.default)
(import_specifier name: _ @import.name alias: (identifier)? @import.alias) @import
(namespace_import (identifier) @import.alias) @import
(export_statement source: (string) @from.module) @from
(export_statement (export_clause (export_specifier name: _ @import.name alias: _? @import.alias) @import @import.export) source: (_))
(export_statement (namespace_export (_) @import.alias) @import @import.export)
(export_statement "*" @import @import.all @import.export source: (_))

(export_statement
  (export_clause (export_specifier name: (_) @export.name alias: _? @export.alias) @export)
  !source)
(export_statement declaration: (_ name: (_) @export.name)) @export
(export_statement declaration: (_ (variable_declarator name: (identifier) @export.name))) @export
(export_statement declaration: (_ (variable_declarator name: (object_pattern
  [(shorthand_property_identifier_pattern) @export.name (pair_pattern value: (identifier) @export.name)])))) @export
(export_statement declaration: (_ (variable_declarator name: (array_pattern (identifier) @export.name)))) @export
(export_statement "default" @export.alias) @export
(export_statement value: (_) @export.value)

(assignment_expression
  left: (member_expression object: (_) @exports property: (property_identifier) @export.alias)
  right: (_) @export.value
  (#match? @exports "^(module\\.)?exports$")) @export
(assignment_expression
  left: (member_expression) @export.whole
  right: (_) @export.value
  (#eq? @export.whole "module.exports")) @export

(variable_declarator
  name: (identifier) @import.alias
  value: (call_expression function: (identifier) @import.kind arguments: (arguments . (string) @import.module .))
  (#eq? @import.kind "require")) @import
(variable_declarator
  name: (identifier) @import.alias
  value: (member_expression
    object: (call_expression function: (identifier) @import.kind arguments: (arguments . (string) @import.module .))
    property: (property_identifier) @import.name)
  (#eq? @import.kind "require")) @import
(variable_declarator
  name: (object_pattern)
  value: (call_expression function: (identifier) @from.kind arguments: (arguments . (string) @from.module .))
  (#eq? @from.kind "require")) @from
(variable_declarator
  name: (object_pattern
    [(shorthand_property_identifier_pattern) @import @import.name
     (pair_pattern key: (property_identifier) @import.name value: (identifier) @import.alias) @import])
  value: (call_expression function: (identifier) @require arguments: (arguments . (string) .))
  (#eq? @require "require"))
(variable_declarator
  name: (identifier) @import.alias
  value: (await_expression (call_expression function: (import) @import.kind arguments: (arguments . (string) @import.module)))) @import
((call_expression function: (identifier) @import.kind arguments: (arguments . (string) @import.module .)) @import
  (#eq? @import.kind "require"))
(call_expression function: (import) @import.kind arguments: (arguments . (string) @import.module)) @import

(throw_statement (_) @raise)
(catch_clause body: (statement_block (if_statement
  condition: (parenthesized_expression (binary_expression operator: "instanceof" right: (_) @catch)))))

(call_expression function: (_) @call.function) @call
(call_expression arguments: (arguments (_) @call.argument))
(new_expression arguments: (arguments (_) @call.argument))
(new_expression constructor: (_) @call.function) @call
(member_expression) @member
(subscript_expression) @subscript
(identifier) @name
