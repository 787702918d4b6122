// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {CredentialDefinitionRegistry} from "../../contracts/CredentialDefinitionRegistry.sol";
import {DidRegistry} from "../../contracts/DidRegistry.sol";
import {SchemaRegistry} from "../../contracts/SchemaRegistry.sol";
import {ICredentialDefinitionRegistry} from "../../contracts/interfaces/ICredentialDefinitionRegistry.sol";
import {ISchemaRegistry} from "../../contracts/interfaces/ISchemaRegistry.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Random life of schemas and of the definitions that stand on them
/// @notice Three issuers (keys 1 to 3), few names, right and wrong calls; each event replayed into a model.
contract ResourceHandler {
    struct Resource {
        address issuer;
        bytes32 parentKey;
        bytes32 digest;
        uint256 blockNumber;
        uint8 kind;
        bool restricted;
        bool active;
    }

    SchemaRegistry public immutable SCHEMAS;
    CredentialDefinitionRegistry public immutable DEFINITIONS;

    bytes32[] public schemaKeys;
    bytes32[] public definitionKeys;
    mapping(bytes32 key => Resource) public resources;
    mapping(bytes32 key => mapping(address issuer => bool)) public modelAllowed;

    /// @notice Set when something went through that must not.
    bool public broken;

    constructor() {
        DidRegistry dids = new DidRegistry();
        SCHEMAS = new SchemaRegistry(dids);
        DEFINITIONS = new CredentialDefinitionRegistry(dids, SCHEMAS);
    }

    function pass() external {
        vm.roll(block.number + 1);
    }

    function registerSchema(uint256 seed, bytes calldata content) external {
        seed = _mix(seed);
        ISchemaRegistry.Registration memory schema = ISchemaRegistry.Registration({
            kind: ISchemaRegistry.SchemaKind(seed >> 8 & 1),
            issuer: account(seed >> 16),
            name: seed >> 24 & 1 == 0 ? "a" : "b",
            version: "1",
            content: content,
            restricted: seed >> 32 & 1 == 0
        });
        _call(account(seed), address(SCHEMAS), abi.encodeCall(SCHEMAS.register, (schema)));
    }

    function registerDefinition(uint256 seed, bool revRegDef, bytes calldata content) external {
        seed = _mix(seed);
        bytes32[] storage parents = revRegDef ? definitionKeys : schemaKeys;
        bytes32 parentKey = parents.length == 0 ? bytes32(seed) : parents[(seed >> 32) % parents.length];
        ICredentialDefinitionRegistry.Registration memory definition = ICredentialDefinitionRegistry.Registration({
            kind: ICredentialDefinitionRegistry.DefinitionKind(revRegDef ? 1 : 0),
            issuer: account(seed >> 16),
            parentKey: parentKey,
            tag: seed >> 24 & 1 == 0 ? "a" : "b",
            content: content
        });
        _call(account(seed), address(DEFINITIONS), abi.encodeCall(DEFINITIONS.register, (definition)));
    }

    function deactivateSchema(uint256 seed) external {
        seed = _mix(seed);
        if (schemaKeys.length == 0 || seed >> 64 & 1 == 0) return;
        bytes32 key = schemaKeys[(seed >> 32) % schemaKeys.length];
        _call(account(seed), address(SCHEMAS), abi.encodeCall(SCHEMAS.deactivate, (key)));
    }

    function deactivateDefinition(uint256 seed) external {
        seed = _mix(seed);
        if (definitionKeys.length == 0 || seed >> 64 & 1 == 0) return;
        bytes32 key = definitionKeys[(seed >> 32) % definitionKeys.length];
        _call(account(seed), address(DEFINITIONS), abi.encodeCall(DEFINITIONS.deactivate, (key)));
    }

    function setAllowed(uint256 seed, bool allowed) external {
        seed = _mix(seed);
        if (schemaKeys.length == 0) return;
        address[] memory issuers = new address[](1);
        issuers[0] = account(seed >> 16);
        bytes32 key = schemaKeys[(seed >> 32) % schemaKeys.length];
        _call(account(seed), address(SCHEMAS), abi.encodeCall(SCHEMAS.setAllowed, (key, issuers, allowed)));
    }

    function account(uint256 i) public pure returns (address) {
        return vm.addr(1 + (i % 3));
    }

    function schemaCount() external view returns (uint256) {
        return schemaKeys.length;
    }

    function definitionCount() external view returns (uint256) {
        return definitionKeys.length;
    }

    function resource(bytes32 key) external view returns (Resource memory) {
        return resources[key];
    }

    /// @dev Fuzzed integers are often small: every part of what this gives is random.
    function _mix(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function _call(address actor, address registry, bytes memory data) private {
        vm.recordLogs();
        vm.prank(actor);
        (bool success, ) = registry.call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!success) return;
        for (uint256 i = 0; i < logs.length; ++i) _replay(actor, logs[i]);
    }

    function _replay(address actor, Vm.Log memory log) private {
        bytes32 key = log.topics[1];
        Resource storage stored = resources[key];
        if (log.topics[0] == ISchemaRegistry.SchemaRegistered.selector) {
            (uint8 kind, , , bytes32 digest, bool restricted, bytes memory content) =
                abi.decode(log.data, (uint8, string, string, bytes32, bool, bytes));
            schemaKeys.push(key);
            _create(key, log, actor, Resource(actor, 0, digest, block.number, kind, restricted, true), content);
        } else if (log.topics[0] == ICredentialDefinitionRegistry.DefinitionRegistered.selector) {
            (uint8 kind, , bytes32 digest, bytes memory content) =
                abi.decode(log.data, (uint8, string, bytes32, bytes));
            definitionKeys.push(key);
            _create(key, log, actor, Resource(actor, log.topics[3], digest, block.number, kind, false, true), content);
            _checkParent(resources[key]);
        } else if (log.topics[0] == ISchemaRegistry.SchemaIssuerAllowed.selector) {
            if (stored.issuer != actor || !stored.restricted) broken = true;
            modelAllowed[key][address(uint160(uint256(log.topics[2])))] = abi.decode(log.data, (bool));
        } else {
            if (stored.issuer != actor || !stored.active) broken = true;
            stored.active = false;
        }
    }

    function _create(
        bytes32 key,
        Vm.Log memory log,
        address actor,
        Resource memory created,
        bytes memory content
    ) private {
        if (resources[key].issuer != address(0)) broken = true;
        if (address(uint160(uint256(log.topics[2]))) != actor) broken = true;
        if (content.length == 0 || sha256(content) != created.digest) broken = true;
        resources[key] = created;
    }

    function _checkParent(Resource memory definition) private {
        Resource memory parent = resources[definition.parentKey];
        if (!parent.active) broken = true;
        bool own = parent.issuer == definition.issuer;
        if (definition.kind == 1) {
            if (!own || parent.kind != 0 || parent.parentKey == 0) broken = true;
        } else {
            bool allowed = own || !parent.restricted || modelAllowed[definition.parentKey][definition.issuer];
            if (!allowed || parent.kind != 1 || parent.parentKey != 0) broken = true;
        }
    }
}

/// @title What holds of SchemaRegistry and CredentialDefinitionRegistry after any calls in any order
contract CredentialDefinitionRegistryInvariants {
    ResourceHandler private _handler;

    function setUp() external {
        _handler = new ResourceHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// hardhat-config: invariant.runs = 32
    /// hardhat-config: invariant.depth = 80
    function invariant_NothingIsOverwrittenNorBuiltOnAParentThatForbidsIt() external view {
        require(!_handler.broken(), "overwritten, reactivated, by another, or on a parent that forbids it");
    }

    /// hardhat-config: invariant.runs = 32
    /// hardhat-config: invariant.depth = 80
    function invariant_ReplayedEventsGiveStorage() external view {
        for (uint256 i = 0; i < _handler.schemaCount(); ++i) _checkSchema(_handler.schemaKeys(i));
        for (uint256 i = 0; i < _handler.definitionCount(); ++i) _checkDefinition(_handler.definitionKeys(i));
    }

    function _checkSchema(bytes32 key) private view {
        ISchemaRegistry.Head memory head = _handler.SCHEMAS().head(key);
        ResourceHandler.Resource memory model = _handler.resource(key);
        require(head.issuer == model.issuer && head.digest == model.digest, "issuer, digest");
        require(head.blockNumber == model.blockNumber && uint8(head.kind) == model.kind, "block, kind");
        require(head.active == model.active && head.restricted == model.restricted, "active, restricted");
        for (uint256 i = 0; i < 3; ++i) {
            address issuer = _handler.account(i);
            bool allowed = issuer == model.issuer || !model.restricted || _handler.modelAllowed(key, issuer);
            require(_handler.SCHEMAS().isAllowed(key, issuer) == allowed, "allowed");
        }
    }

    function _checkDefinition(bytes32 key) private view {
        ICredentialDefinitionRegistry.Head memory head = _handler.DEFINITIONS().head(key);
        ResourceHandler.Resource memory model = _handler.resource(key);
        require(head.issuer == model.issuer && head.digest == model.digest, "issuer, digest");
        require(head.blockNumber == model.blockNumber && uint8(head.kind) == model.kind, "block, kind");
        require(head.active == model.active, "active");
    }
}
