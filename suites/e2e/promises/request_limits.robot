*** Settings ***
Documentation       What lies just beyond a limit of a request is refused, entry by entry, as the contract has the limits.
Metadata            Scenario    promises_request_limits

Library             ApiLibrary

Test Tags           area:promises    control:SOC2-PI1.2    scenario:promises_request_limits
Test Template       Request Limits Should Hold


*** Variables ***
${COMPANY}          {"name": "Slack", "custom_id": "a", "domain": "slack.com", "industry": "a", "location": "a",
...                 "website": "https://slack.com"}
${DISCOVERY}        {"company_name": "Slack", "max_results": 5, "similarity_threshold": 0.5, "include_ai_analysis": true}
${RESEARCH}         {"company_name": "Slack", "priority": "normal", "timeout_seconds": 60, "website": "https://slack.com"}
${BATCH}            {"input_data": [${COMPANY}], "concurrency": 2, "max_retries": 1, "output_format": "json",
...                 "priority": "normal", "output_location": "limits", "retry_failed": true, "webhook_url": "https://hook.example.test",
...                 "config_overrides": {}}
${SIMILAR}          {"input_data": [${COMPANY}], "discovery_config": ${DISCOVERY}, "concurrency": 2, "deduplicate_results": true,
...                 "output_format": "json", "output_location": "limits", "priority": "normal"}
${FILTERS}          {"business_models": ["b2b"], "company_sizes": ["startup"], "industries": ["saas"], "locations": ["Paris"],
...                 "min_quality_score": 0.5, "employee_count_min": 1, "employee_count_max": 9}
${EXPORT}           {"format": "csv", "filters": ${FILTERS}, "limit": 5, "offset": 1, "chunk_size": 10, "streaming_threshold": 10,
...                 "include_fields": ["name"], "sort_by": "name", "stream_large_datasets": true, "file_path": "limits",
...                 "compress": false, "validate_data": true, "include_audit_trail": false}
${TOTALS}           {"format": "json", "group_by": "industry", "aggregations": [{"field": "employee_count", "function": "sum"}]}


*** Test Cases ***
Research Request
    POST /research    ${RESEARCH}    sizes=False

Discovery Request
    POST /discover    ${DISCOVERY}    sizes=False

Batch Research Request
    POST /batch/research    ${BATCH}    sizes=False

Batch Discovery Request
    POST /batch/discover    ${SIMILAR}    sizes=False

Export Request
    POST /export/companies    ${EXPORT}    sizes=False

Aggregation Request
    POST /export/companies    ${TOTALS}    sizes=False

Report Request
    POST /export/report    {"company": "Slack", "format": "html", "include_similar": true}    sizes=False

Backup Request
    POST /export/backup    {"include_cache": true}    sizes=False
