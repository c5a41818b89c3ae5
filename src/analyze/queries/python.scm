; The words are explained in docs/languages.md.

(function_definition
  name: (identifier) @function.name
  return_type: (type)? @function.type @outer) @function
(lambda) @scope
(parameters [(identifier) (tuple_pattern) (list_splat_pattern) (dictionary_splat_pattern)] @parameter @parameter.target)
(lambda_parameters [(identifier) (tuple_pattern) (list_splat_pattern) (dictionary_splat_pattern)] @parameter @parameter.target)
(default_parameter name: (_) @parameter.target value: (_) @parameter.value @outer) @parameter
(typed_parameter . (identifier) @parameter.target type: (type) @parameter.type @outer) @parameter
(typed_parameter . [(list_splat_pattern) (dictionary_splat_pattern)] @parameter.target type: (type) @outer) @parameter
(typed_default_parameter name: (_) @parameter.target type: (type) @parameter.type @outer value: (_) @outer) @parameter

(class_definition name: (identifier) @class.name) @class
(class_definition superclasses: (argument_list
  [(identifier) (attribute) (subscript) (call) (conditional_expression) (parenthesized_expression)
   (binary_operator) (list_splat)] @class.base))

[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope
(for_in_clause left: (_) @parameter.target right: (_) @parameter.each) @parameter

(assignment left: (_) @variable.target type: (type)? @variable.type right: (_)? @variable.value) @variable
(augmented_assignment left: (_) @variable.target) @variable
(named_expression name: (_) @variable.target @variable.hoisted value: (_) @variable.value) @variable
(for_statement left: (_) @variable.target right: (_) @variable.each) @variable
(with_item value: (as_pattern (_) @variable.value alias: (as_pattern_target (_) @variable.target)) @variable)
(except_clause value: (as_pattern (_) @variable.type alias: (as_pattern_target (_) @variable.target)) @variable)
(case_pattern (as_pattern (case_pattern) (identifier) @variable @variable.target))
(case_pattern (dotted_name . (identifier) @variable @variable.target .))
(splat_pattern (identifier) @variable @variable.target)
(class_pattern (dotted_name) @skip)
(keyword_pattern . (identifier) @skip)
(global_statement (identifier) @global)
(nonlocal_statement (identifier) @nonlocal)

(import_statement name: (dotted_name) @import @import.module)
(import_statement name: (aliased_import name: (dotted_name) @import.module alias: (identifier) @import.alias) @import)
(import_statement) @statement
(import_from_statement module_name: (_) @from.module) @from @statement
(import_from_statement name: (dotted_name) @import @import.name)
(import_from_statement name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @import.alias) @import)
(import_from_statement (wildcard_import) @import @import.all)
(future_import_statement "__future__" @from.module) @from @statement
(future_import_statement name: (dotted_name) @import @import.name)
(future_import_statement name: (aliased_import name: (dotted_name) @import.name alias: (identifier) @import.alias) @import)

(decorator [(identifier) (attribute) (subscript)] @decorator.name) @decorator
(decorator (call function: (_) @decorator.name arguments: (_) @decorator.arguments)) @decorator

(raise_statement) @statement
(raise_statement . (_) @raise)
(except_clause) @statement
(except_clause value: [(identifier) (attribute) (subscript) (call)] @catch)
(except_clause value: (tuple (_) @catch))
(except_clause value: (as_pattern . [(identifier) (attribute) (subscript) (call)] @catch))
(except_clause value: (as_pattern . (tuple (_) @catch)))

(return_statement (_) @return)

(call function: (_) @call.function) @call
(attribute) @member
(subscript) @subscript
(keyword_argument name: (identifier) @skip)
(delete_statement [(identifier) @skip (expression_list (identifier) @skip)])
(identifier) @name
