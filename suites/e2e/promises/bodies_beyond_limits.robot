*** Settings ***
Documentation       What lies just beyond a limit of a request is refused, entry by entry, as the contract has the limits.
Metadata            Scenario    promises_bodies_beyond_limits

Library             ApiLibrary

Test Tags           area:promises    control:SOC2-PI1.2    scenario:promises_bodies_beyond_limits
Test Template       Request Limits Should Hold


*** Variables ***
${COMPANY}          {"name": "Slack", "custom_id": "a", "domain": "slack.com", "industry": "a", "location": "a",
...                 "website": "https://slack.com", "metadata": {"of": "us"}}
${NARROWED}         {"business_model": ["b2b"], "company_size": ["startup"], "tech_sophistication": ["basic"],
...                 "industry": ["technology"], "location": ["Paris"], "founded_after": 1900, "founded_before": 2020,
...                 "min_employees": 1, "max_employees": 9, "exclude_competitors": false, "exclude_companies": ["Zoom"],
...                 "include_keywords": ["a"], "exclude_keywords": ["b"]}
${DISCOVERY}        {"company_name": "Slack", "limit": 5, "similarity_threshold": 0.5, "filters": ${NARROWED},
...                 "priority": "normal", "include_research": false, "source_preference": ["vector"],
...                 "enable_ai_explanations": true, "webhook_url": "https://hook.example.test"}
${RESEARCH}         {"company_name": "Slack", "priority": "normal", "timeout_seconds": 60, "website": "https://slack.com",
...                 "tags": ["a"], "deep_analysis": false, "webhook_url": "https://hook.example.test", "config_overrides": {},
...                 "include_similarity_analysis": false, "include_competitive_analysis": false}
${BATCH}            {"input_data": [${COMPANY}], "concurrency": 2, "max_retries": 1, "output_format": "json",
...                 "priority": "normal", "output_location": "limits", "retry_failed": true, "webhook_url": "https://hook.example.test",
...                 "config_overrides": {}, "include_similarity_analysis": false, "include_competitive_analysis": false}
${SIMILAR}          {"input_data": [${COMPANY}], "discovery_config": ${DISCOVERY}, "concurrency": 2, "deduplicate_results": true,
...                 "output_format": "json", "output_location": "limits", "priority": "normal",
...                 "webhook_url": "https://hook.example.test"}
${FILTERS}          {"business_models": ["b2b"], "company_sizes": ["startup"], "industries": ["technology"],
...                 "locations": ["Paris"], "growth_stages": ["seed"], "min_quality_score": 0.5, "employee_count_min": 1,
...                 "employee_count_max": 9, "revenue_min": 1, "revenue_max": 2}
${EXPORT}           {"format": "csv", "filters": ${FILTERS}, "limit": 5, "offset": 1, "chunk_size": 10, "streaming_threshold": 10,
...                 "include_fields": ["name"], "exclude_fields": ["domain"], "custom_columns": {"sector": "industry"},
...                 "sort_by": "name", "stream_large_datasets": true, "file_path": "limits", "compress": false,
...                 "validate_data": true, "include_audit_trail": false}
${SOUGHT}           {"filters": {"similar_to": "Slack", "similarity_threshold": 0.5, "sql_like_query": "founded_year > 2000",
...                 "custom_expressions": ["founded_year > 2000"]}}
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
    POST /export/companies    ${EXPORT}

Export Of Similar Companies
    POST /export/companies    ${SOUGHT}    sizes=False

List Of Batches
    GET /batch/jobs?status=running&job_type=research&limit=5&offset=1

Aggregation Request
    POST /export/companies    ${TOTALS}

Report Request
    POST /export/report    {"company": "Slack", "format": "html", "include_similar": true}    sizes=False

Backup Request
    POST /export/backup    {"include_cache": true}
