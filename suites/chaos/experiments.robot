*** Settings ***
Documentation       The experiments by name: steady state, fault, impact, recovery. What each does stands in
...                 docs/CHAOS_EXPERIMENTS.md.
Metadata            Scenario    experiments

Library             ChaosLibrary

Test Tags           area:chaos-time    control:SOC2-A1.2    scenario:experiments

Test Template       Run Experiment


*** Test Cases ***
Network Latency Basic
    [Documentation]    Slow answers of the AI provider.
    [Tags]    experiment:network_latency_basic    experiment:network_resilience
    network_latency_basic

High Latency Injection
    [Documentation]    Slow answers of the AI provider and of the vector store.
    [Tags]    experiment:high_latency_injection    experiment:network_resilience
    high_latency_injection

Intermittent Network Failure
    [Documentation]    Connections to the AI provider are reset now and then.
    [Tags]    experiment:intermittent_network_failure    experiment:network_resilience
    intermittent_network_failure

Request Timeout Injection
    [Documentation]    Requests to the AI provider are not answered.
    [Tags]    experiment:request_timeout_injection    experiment:network_resilience
    request_timeout_injection

Timeout Injection
    [Documentation]    Requests to the AI provider are not answered, for longer.
    [Tags]    experiment:timeout_injection    experiment:network_resilience
    timeout_injection

AI Service Intermittent Failure
    [Documentation]    The AI provider answers with errors now and then.
    [Tags]    experiment:ai_service_intermittent_failure    experiment:ai_service_resilience
    ai_service_intermittent_failure

AI Service Failure
    [Documentation]    The AI provider answers mostly with errors.
    [Tags]    experiment:ai_service_failure    experiment:ai_service_resilience
    ai_service_failure

Database Failure Simulation
    [Documentation]    The vector store is cut off.
    [Tags]    experiment:database_failure_simulation    experiment:database_resilience
    database_failure_simulation

Data Corruption Basic
    [Documentation]    The AI provider's answers are broken JSON.
    [Tags]    experiment:data_corruption_basic    experiment:data_resilience
    data_corruption_basic

Memory Pressure Light
    [Documentation]    Little memory is left to the API.
    [Tags]    experiment:memory_pressure_light    experiment:resource_exhaustion_resilience
    memory_pressure_light

Memory Pressure Injection
    [Documentation]    Very little memory is left to the API.
    [Tags]    experiment:memory_pressure_injection    experiment:resource_exhaustion_resilience
    memory_pressure_injection

CPU Stress Injection
    [Documentation]    The API gets a fraction of the processor.
    [Tags]    experiment:cpu_stress_injection    experiment:resource_exhaustion_resilience
    cpu_stress_injection

Connection Exhaustion
    [Documentation]    Idle connections take up the API.
    [Tags]    experiment:connection_exhaustion    experiment:resource_exhaustion_resilience
    connection_exhaustion

API Restart
    [Documentation]    The API is killed and started again by its supervisor.
    [Tags]    experiment:api_restart    experiment:recovery
    api_restart

Cascading AI And Network
    [Documentation]    The first AI provider fails while the second is slow.
    [Tags]    experiment:cascading_ai_and_network    experiment:cascades
    cascading_ai_and_network
